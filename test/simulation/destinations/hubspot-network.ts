import type { FastifyInstance } from 'fastify'
import type { Dispatcher } from 'undici'
import type { FakeHubSpot } from '../../fake-hubspot/fake-account.ts'
import type { Fault } from '../../fake-hubspot/http/faults.ts'
import type { ApiAnswer } from '../api/api-model.ts'
import { NoConnections } from '../machines/no-connections.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'

/** What can happen to a call of HubSpot. */
export type HubSpotFault =
  /** It never arrives, because the connection breaks. */
  | { is: 'refused' }
  /** HubSpot does what is requested, but its answer is lost. */
  | { is: 'lost' }
  /** A proxy in front of HubSpot answers. */
  | { is: 'intercepted'; status: number; body: string }
  /** HubSpot itself answers with a fault. */
  | { is: 'answered'; fault: Fault }

export interface HubSpotFaults {
  latencyMs: () => number
  faultOf: (call: HubSpotCall) => HubSpotFault | null
}

export interface HubSpotCall {
  method: string
  path: string
}

/** An account at HubSpot, and the server that answers for it. */
export interface HubSpotAccount {
  fake: FakeHubSpot
  app: FastifyInstance
}

/** Connects the connector's own transport with a HubSpot without a port. */
export class HubSpotNetwork extends NoConnections {
  /** The account of the token. */
  account: HubSpotAccount
  /** An answer has left HubSpot, or is lost; null if the call never arrived. */
  onAnswered: (call: HubSpotCall, answer: ApiAnswer | null, fault: HubSpotFault | null) => void = () =>
    undefined
  readonly #time: VirtualTime
  readonly #faults: HubSpotFaults

  constructor(time: VirtualTime, account: HubSpotAccount, faults: HubSpotFaults) {
    super()
    this.#time = time
    this.account = account
    this.#faults = faults
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const caller = new Caller(handler)
    if (caller.hasGoneAway) return true
    const { account } = this
    const worker = this.#time.actor()
    const fault = this.#faults.faultOf(options)
    // HubSpot does its work whether the worker lives or not.
    this.#time.after(
      this.#faults.latencyMs(),
      async () => {
        const answer = await this.#serve(account, options, fault)
        this.onAnswered(options, answer, fault)
        const deliver = () => {
          if (answer === null || fault?.is === 'lost') caller.fail(new Error('other side closed'))
          else caller.give(answer)
        }
        this.#time.after(this.#faults.latencyMs(), deliver, worker)
      },
      null,
    )
    return true
  }

  /** Null if no answer arrives. */
  async #serve(
    { fake, app }: HubSpotAccount,
    { method, path, headers, body }: Dispatcher.DispatchOptions,
    fault: HubSpotFault | null,
  ): Promise<ApiAnswer | null> {
    if (fault?.is === 'refused') return null
    if (fault?.is === 'intercepted') {
      return { status: fault.status, headers: { 'content-type': 'text/html' }, body: fault.body }
    }
    if (fault?.is === 'answered') fake.failNext(fault.fault)
    const request = {
      method: method as 'POST',
      url: path,
      headers: headers as Record<string, string>,
      ...(typeof body === 'string' && { payload: body }),
    }
    const answer = await this.#time.hold(app.inject(request))
    const given = Object.entries(answer.headers).map(([name, value]) => [name, String(value)])
    // The server's own date uses the real clock.
    const date = new Date(this.#time.nowMs).toUTCString()
    return {
      status: answer.statusCode,
      headers: { ...(Object.fromEntries(given) as Record<string, string>), date },
      body: answer.body,
    }
  }
}

/** The part of undici's handler that `request()` uses. */
interface RequestHandler {
  onConnect: (abort: (reason?: Error) => void) => void
  onHeaders: (status: number, headers: Buffer[], resume: () => void, statusText: string) => boolean
  onData: (chunk: Buffer) => boolean
  onComplete: (trailers: string[]) => void
  onError: (error: Error) => void
}

/** Waits for an answer. */
class Caller {
  hasGoneAway = false
  readonly #handler: RequestHandler

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler as unknown as RequestHandler
    this.#handler.onConnect((reason = new Error('aborted')) => {
      if (this.hasGoneAway) return
      this.hasGoneAway = true
      this.#handler.onError(reason)
    })
  }

  fail(error: Error): void {
    if (!this.hasGoneAway) this.#handler.onError(error)
  }

  give({ status, headers, body }: ApiAnswer): void {
    if (this.hasGoneAway) return
    const raw = Object.entries(headers).flatMap(([name, value]) => [Buffer.from(name), Buffer.from(value)])
    this.#handler.onHeaders(status, raw, () => undefined, '')
    this.#handler.onData(Buffer.from(body))
    this.#handler.onComplete([])
  }
}
