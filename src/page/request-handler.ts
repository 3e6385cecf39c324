import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { within } from '../observability/gauges.ts'
import { links } from '../report/live/links.ts'
import type { RunsState } from '../report/operations/operations-data.ts'
import { parseAction } from './action-abouts.ts'
import { loginPage, messagePage, redirect, send } from './answers.ts'
import { cookieOf, PageSecrets, whyRefused } from './guard.ts'
import { Keeper } from './kept.ts'
import type { PageConnector, PageRequest, PageResponse } from './page-contract.ts'
import { PageThread } from './page-thread.ts'
import { performAction, type Operated, type Performed } from './perform-action.ts'
import { readRunsState, type TemporalUi } from './read-runs-state.ts'

/** What the page shows, and what it can act on. */
export interface PageParts {
  /** As in the current config files. */
  connectors: () => readonly PageConnector[]
  /** Null if the connector is not served. */
  find: (connector: string) => Operated | null
  temporalUi: TemporalUi
  logger: Pick<Logger, 'info' | 'warn'>
}

/** A form has a few short fields. */
const mostBodyBytes = 10_000
const actionTimeoutMs = 10_000
const afterWrongTokenMs = 1_000

/** Serves one request after another. A failure is reported to its sender, and affects no other request. */
export class RequestHandler {
  readonly #parts: PageParts
  readonly #secrets: PageSecrets
  readonly #thread = new PageThread()
  readonly #keeper = new Keeper({ isWorking: false })
  readonly #notices = new Notices()
  #isTryingToken = false

  constructor(parts: PageParts, token: string | null) {
    this.#parts = parts
    this.#secrets = new PageSecrets(token)
  }

  close(): Promise<void> {
    return this.#thread.close()
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const isHead = request.method === 'HEAD'
    const answer = (page: PageResponse) => {
      send(response, page, isHead)
    }
    const { method = 'GET', headers } = request
    const refusal = whyRefused({ method, headers }, !this.#secrets.hasToken)
    if (refusal !== null) {
      answer(messagePage(refusal.status, 'Not served', refusal.text))
      return
    }
    const url = URL.parse(request.url ?? '/', 'http://page')
    if (url === null) {
      answer(messagePage(400, 'Not served', 'This is no address of the page.'))
      return
    }
    if (this.#secrets.hasToken && url.pathname === '/login' && method === 'POST') {
      await this.#login(request, response)
      return
    }
    if (this.#secrets.hasToken && !(await this.#isKnown(request))) {
      answer(loginPage(`${url.pathname}${url.search}`, false))
      return
    }
    if (method === 'POST') await this.#act(request, response, url)
    else answer(await this.#make(url))
  }

  async #make(url: URL): Promise<PageResponse> {
    const connectors = this.#parts.connectors()
    const query = Object.fromEntries(url.searchParams)
    const [, name = '', view] = url.pathname.split('/')
    const needsRuns = view === 'operations' || view === 'action'
    const pageRequest: PageRequest = {
      path: url.pathname,
      query,
      connectors,
      runs: needsRuns ? await this.#readRuns(name) : null,
      notice: this.#notices.find(query['notice']),
      formToken: this.#secrets.formToken,
    }
    try {
      return await this.#thread.make(pageRequest)
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'the page could not be made')
      const text = error instanceof Error ? error.message : String(error)
      return messagePage(503, 'This page cannot be shown now', text)
    }
  }

  async #readRuns(connector: string): Promise<RunsState | null> {
    const found = this.#parts.find(connector)
    if (found === null) return null
    return this.#keeper.read(`runs ${connector}`, () =>
      readRunsState(found.place.client, connector, this.#parts.temporalUi),
    )
  }

  async #act(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const form = await readForm(request)
    const refuse = (status: number, text: string) => {
      send(response, messagePage(status, 'Nothing was done', text), false)
    }
    if (form === null) {
      refuse(413, 'The form is too large.')
      return
    }
    if (!this.#secrets.isFormToken(form.get('token'))) {
      refuse(
        403,
        'The page was opened before the worker started, or comes from elsewhere. Go back, reload it, and try again.',
      )
      return
    }
    const [, name = '', view, more] = url.pathname.split('/')
    const connector = this.#parts.connectors().find((each) => each.connector === name)
    const found = this.#parts.find(name)
    const asked =
      connector === undefined || view !== 'action' || more !== undefined
        ? null
        : parseAction(connector, Object.fromEntries(url.searchParams))
    if (asked === null || found === null) {
      refuse(404, 'There is no such action or destination.')
      return
    }
    const performed = await this.#perform(found, asked.action, asked.destination ?? '')
    this.#keeper.forget(`runs ${name}`)
    this.#parts.logger.info({ connector: name, ...asked, text: performed.text }, 'done on the page')
    const id = this.#notices.add(performed)
    redirect(response, `${links.operations(name)}?notice=${id}`)
  }

  async #perform(...[found, action, destination]: Parameters<typeof performAction>): Promise<Performed> {
    try {
      const deadlineMs = Date.now() + actionTimeoutMs
      const work = found.place.client.withDeadline(deadlineMs, () =>
        performAction(found, action, destination),
      )
      return await within(actionTimeoutMs + 1_000, work)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return {
        isBad: true,
        text: `It could not be done: ${reason}. Look at the state below before you try again.`,
      }
    }
  }

  /** By cookie, or by a header, which programs send. */
  async #isKnown({ headers }: IncomingMessage): Promise<boolean> {
    if (this.#secrets.isSession(cookieOf(headers, this.#cookie))) return true
    const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1]
    return bearer !== undefined && (await this.#tryToken(bearer))
  }

  readonly #cookie = 'qrsync_page'

  async #login(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = await readForm(request)
    const path = form?.get('path') ?? '/'
    // Only paths of this page, no other site.
    const onward = /^\/(?![/\\])/.test(path) ? path : '/'
    if (!(await this.#tryToken(form?.get('token') ?? ''))) {
      send(response, loginPage(onward, true), false)
      return
    }
    const cookie = `${this.#cookie}=${this.#secrets.session}; HttpOnly; SameSite=Lax; Path=/`
    redirect(response, onward, { 'set-cookie': cookie })
  }

  /** Checks one token at a time, and waits after a wrong one, so that nobody can guess a token. */
  async #tryToken(token: string): Promise<boolean> {
    if (this.#isTryingToken) return false
    if (this.#secrets.isToken(token)) return true
    this.#isTryingToken = true
    await sleep(afterWrongTokenMs)
    this.#isTryingToken = false
    this.#parts.logger.warn({}, 'a wrong token was given to the page')
    return false
  }
}

/** Null if it is too large to be a form of the page. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > mostBodyBytes) return null
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString())
}

const noticeShownMs = 60_000
const mostNotices = 100

/** Messages about what was just done: the page shows one for a minute if its id is in the address. */
class Notices {
  readonly #notices = new Map<string, { notice: Performed; untilMs: number }>()

  /** @returns its id */
  add(notice: Performed): string {
    const id = randomUUID()
    this.#notices.set(id, { notice, untilMs: Date.now() + noticeShownMs })
    const [oldest] = this.#notices.keys()
    if (this.#notices.size > mostNotices && oldest !== undefined) this.#notices.delete(oldest)
    return id
  }

  find(id: string | undefined): Performed | null {
    const known = this.#notices.get(id ?? '')
    return known === undefined || known.untilMs < Date.now() ? null : known.notice
  }
}
