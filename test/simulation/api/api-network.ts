import type { Dispatcher } from 'undici'
import type { ApiAnswer, ApiModel } from './api-model.ts'
import { NoConnections } from '../machines/no-connections.ts'
import type { VirtualTime } from '../machines/virtual-time.ts'

/** What can happen to a call of the API. */
export type CallFault =
  /** It never arrives, because the connection breaks. */
  | { is: 'refused' }
  /** It arrives and is counted, but its answer is lost. */
  | { is: 'lost' }
  /** It arrives and is counted, but the answer is not the API's. */
  | { is: 'answered'; answer: Pick<ApiAnswer, 'status' | 'body'> & Partial<Pick<ApiAnswer, 'headers'>> }
  /** A proxy in front of the API answers, and the call is not counted. */
  | { is: 'intercepted'; answer: Pick<ApiAnswer, 'status' | 'body'> & Partial<Pick<ApiAnswer, 'headers'>> }
  /** The answer stops in the middle. */
  | { is: 'cut' }
  /** The first page is returned whatever page is requested, as one of very many. */
  | { is: 'endless' }

export interface ApiFaults {
  latencyMs: () => number
  faultOf: (path: string) => CallFault | null
}

export interface SeenCall {
  path: string
  sentMs: number
  answer: ApiAnswer | null
  /** Whether it is the API's own answer, and nothing happened to it on its way. */
  isGood: boolean
  /** Whether it comes from something in front of the API. */
  isForeign: boolean
}

/** Connects the connector's own transport with the model of the API. */
export class ApiNetwork extends NoConnections {
  /** A worker has sent a request with the key. */
  onSent: (path: string) => void = () => undefined
  /** The worker has received its answer. */
  onAnswered: (call: SeenCall) => void = () => undefined
  readonly #time: VirtualTime
  readonly #api: ApiModel
  readonly #faults: ApiFaults

  constructor(time: VirtualTime, api: ApiModel, faults: ApiFaults) {
    super()
    this.#time = time
    this.#api = api
    this.#faults = faults
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const controller = new Controller(handler)
    const { path } = options
    const headers = options.headers as Record<string, string>
    const { authorization } = headers
    const worker = this.#time.actor()
    handler.onRequestStart?.(controller, {})
    if (controller.aborted) return true
    if (authorization !== undefined) this.onSent(path)
    const fault = this.#faults.faultOf(path)
    const sentMs = this.#time.nowMs
    // The API does its work whether the worker lives or not.
    this.#time.after(
      this.#faults.latencyMs(),
      () => {
        const answer = this.#serve(path, authorization, fault)
        const deliver = () => {
          if (controller.aborted) return
          if (authorization !== undefined) {
            const isForeign = fault?.is === 'intercepted'
            const isGood = fault === null && answer?.status === 200
            this.onAnswered({ path, sentMs, answer, isGood, isForeign })
          }
          if (answer === null) controller.fail(new Error('other side closed'))
          else controller.give(answer, fault?.is === 'cut')
        }
        this.#time.after(this.#faults.latencyMs(), deliver, worker)
      },
      null,
    )
    return true
  }

  /** Null if no answer arrives. */
  #serve(path: string, authorization: string | undefined, fault: CallFault | null): ApiAnswer | null {
    if (fault?.is === 'refused') return null
    if (fault?.is === 'intercepted') return { headers: {}, ...fault.answer }
    const refusal = this.#api.admit(authorization)
    if (refusal !== null) return fault?.is === 'lost' ? null : refusal
    if (fault?.is === 'lost') return null
    if (fault?.is === 'answered') return { headers: {}, ...fault.answer }
    if (fault?.is !== 'endless') return this.#api.answer(path)
    const answer = this.#api.answer(path.replace(/([?&]page)=\d+/, '$1=1'))
    return { ...answer, body: answer.body.replace(/"total":.*$/, '"total":100000,"total_pages":1000}}') }
  }
}

class Controller implements Dispatcher.DispatchController {
  aborted = false
  paused = false
  reason: Error | null = null
  readonly rawHeaders = null
  readonly rawTrailers = null
  readonly #handler: Dispatcher.DispatchHandler

  constructor(handler: Dispatcher.DispatchHandler) {
    this.#handler = handler
  }

  abort(reason: Error): void {
    this.aborted = true
    this.reason = reason
    this.#handler.onResponseError?.(this, reason)
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }

  fail(error: Error): void {
    this.#handler.onResponseError?.(this, error)
  }

  give({ status, headers, body }: ApiAnswer, isCut: boolean): void {
    const bytes = Buffer.from(body)
    this.#handler.onResponseStart?.(this, status, headers)
    this.#handler.onResponseData?.(this, isCut ? bytes.subarray(0, bytes.length / 2) : bytes)
    if (isCut) this.fail(new Error('other side closed'))
    else this.#handler.onResponseEnd?.(this, {})
  }
}
