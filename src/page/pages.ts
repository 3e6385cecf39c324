import { matchedSettingsOf } from '../config/settings/code-settings.ts'
import { keepFirstForecast } from '../insight/forecast/keep-first-forecast.ts'
import { readOperations } from '../insight/report/read-operations.ts'
import { readCodeData, readScansData } from '../insight/report/read-scans-data.ts'
import { ConnectorError } from '../model/connector-error.ts'
import { actionMain, messageMain } from '../report/live/action-main.ts'
import { csvTables, links, periods, type PeriodDays } from '../report/live/links.ts'
import { overviewMain } from '../report/live/overview-main.ts'
import { servedPage, type ServedPage, type Standing } from '../report/live/served-page.ts'
import { operationsMain } from '../report/operations/operations-main.ts'
import { codeMain, codeTitle } from '../report/scans/code-main.ts'
import { scansMain } from '../report/scans/scans-main.ts'
import { describeAction, parseAction } from './action-abouts.ts'
import { csvOf, type ShownTables } from './csv-tables.ts'
import { Keeper } from './kept.ts'
import { readOverview } from './overview.ts'
import type { PageConnector, PageRequest, PageResponse } from './page-contract.ts'
import { PageLedgers } from './page-ledgers.ts'
import { readAttention } from './read-attention.ts'

/** Makes the pages that the worker serves, from its ledger. */
export class Pages {
  readonly #ledgers = new PageLedgers()
  readonly #keeper = new Keeper()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  close(): Promise<void> {
    return this.#ledgers.close()
  }

  /** Never rejects: the page shows what failed. */
  async make(request: PageRequest): Promise<PageResponse> {
    try {
      return await this.#route(request)
    } catch (error) {
      return failurePage(request, error)
    }
  }

  async #route(request: PageRequest): Promise<PageResponse> {
    const { path, connectors } = request
    const [only] = connectors
    const isOne = connectors.length === 1 && only !== undefined
    if (path === '/') return isOne ? this.#scans(request, only) : this.#overview(request)
    const [, name, view, more] = path.split('/')
    const connector = connectors.find((each) => each.connector === name)
    if (connector === undefined || more !== undefined) return notFound(request)
    switch (view) {
      case 'scans':
        return this.#scans(request, connector)
      case 'code':
        return this.#code(request, connector)
      case 'operations':
        return this.#operations(request, connector)
      case 'csv':
        return this.#csv(request, connector)
      case 'action':
        return this.#action(request, connector)
      default:
        return notFound(request)
    }
  }

  async #overview(request: PageRequest): Promise<PageResponse> {
    const { connectors } = request
    const { connectors: summaries, unread } = await this.#keeper.read('overview', () =>
      readOverview(this.#ledgers, connectors, this.#now()),
    )
    const standing = { ...nowhere, hasOverview: false }
    const main = overviewMain(summaries, unread, this.#now())
    return html(request, { title: 'All connectors', standing, main, isLive: true })
  }

  async #scans(request: PageRequest, connector: PageConnector): Promise<PageResponse> {
    const days = daysOf(request)
    const standing = standingOf(request, connector, 'scans', days)
    const data = await this.#readScans(connector, days)
    if (data === null) return notYet(request, standing)
    return html(request, { title: connector.connector, standing, main: scansMain(data, true), isLive: true })
  }

  #readScans(connector: PageConnector, days: PeriodDays) {
    return this.#keeper.read(`scans ${connector.connector} ${days}`, async () => {
      const found = await this.#ledgers.find(connector)
      if (found === null) return null
      return readScansData({ ...found, share: connector.share }, { days, nowMs: this.#now() })
    })
  }

  async #code(request: PageRequest, connector: PageConnector): Promise<PageResponse> {
    const days = daysOf(request)
    const id = request.query['id'] ?? ''
    const data = await this.#readCode(connector, id, days)
    if (data === null) return notFound(request)
    const standing = { ...standingOf(request, connector, 'scans', days), codeId: id }
    return html(request, { title: codeTitle(data), standing, main: codeMain(data), isLive: true })
  }

  #readCode(connector: PageConnector, id: string, days: PeriodDays) {
    return this.#keeper.read(`code ${connector.connector} ${days} ${id}`, async () => {
      const found = await this.#ledgers.find(connector)
      if (found === null) return null
      return readCodeData({ ...found, share: connector.share }, id, { days, nowMs: this.#now() })
    })
  }

  async #operations(request: PageRequest, connector: PageConnector): Promise<PageResponse> {
    const standing = standingOf(request, connector, 'operations', null)
    const key = `operations ${connector.connector}`
    // A reader who has just done something wants to see the result.
    if (request.notice !== null) this.#keeper.forget(key)
    const read = await this.#keeper.read(key, async () => {
      const found = await this.#ledgers.find(connector)
      if (found === null) return null
      const nowMs = this.#now()
      const { share, destinations, hasAnalytics, codes } = connector
      await keepFirstForecast(found, { settingsOf: matchedSettingsOf(codes), hasAnalytics, share }, nowMs)
      return {
        ...(await readOperations({ ...found, share, destinations }, nowMs)),
        alerts: (await readAttention(found.ledger, [connector], nowMs)).attention,
      }
    })
    if (read === null) return notYet(request, standing)
    const main = operationsMain({ ...read, runs: request.runs }, true)
    return html(request, { title: `${connector.connector}, operations`, standing, main, isLive: true })
  }

  async #csv(request: PageRequest, connector: PageConnector): Promise<PageResponse> {
    const { query } = request
    const table = csvTables.find((each) => each === query['table'])
    const days = daysOf(request)
    if (table === undefined) return notFound(request)
    const shown = await this.#readTables(connector, days, query['code'])
    if (shown === null) return notFound(request)
    const what = query['code'] === undefined ? table : `code-${table}`
    return {
      status: 200,
      contentType: 'text/csv; charset=utf-8',
      body: csvOf(table, shown),
      fileName: `${connector.connector}-${what}-${days}-days-${new Date(this.#now()).toISOString().slice(0, 10)}.csv`,
    }
  }

  async #readTables(
    connector: PageConnector,
    days: PeriodDays,
    code: string | undefined,
  ): Promise<ShownTables | null> {
    if (code === undefined) return this.#readScans(connector, days)
    const data = await this.#readCode(connector, code, days)
    return data && { scans: data.scans, audience: data.audience, codes: null }
  }

  async #action(request: PageRequest, connector: PageConnector): Promise<PageResponse> {
    const standing = standingOf(request, connector, 'operations', null)
    const asked = parseAction(connector, request.query)
    if (asked === null) return notFound(request)
    const found = await this.#ledgers.find(connector)
    if (found === null) return notYet(request, standing)
    const { action, destination } = asked
    const about = await describeAction({ connector, ...found, runs: request.runs }, action, destination)
    const main = actionMain(about, request.formToken)
    return html(request, { title: about.title, standing, main, isLive: false })
  }
}

const nowhere: Standing = { connector: null, tab: null, hasOverview: true, days: null }

function standingOf(
  { connectors }: PageRequest,
  { connector }: PageConnector,
  tab: 'scans' | 'operations',
  days: PeriodDays | null,
): Standing {
  return { connector, tab, hasOverview: connectors.length > 1, days }
}

function daysOf({ query }: PageRequest): PeriodDays {
  return periods.find((days) => String(days) === query['days']) ?? 30
}

function html(request: PageRequest, page: Omit<ServedPage, 'notice'>, status = 200): PageResponse {
  const body = servedPage({ ...page, notice: request.notice })
  return { status, contentType: 'text/html; charset=utf-8', body }
}

function notYet(request: PageRequest, standing: Standing): PageResponse {
  const main = messageMain(
    'Nothing here yet',
    'The ledger does not know this connector yet: its first sync fills this page.',
    { href: request.path, text: 'Look again' },
  )
  return html(request, { title: standing.connector ?? 'qrsync', standing, main, isLive: true })
}

function notFound(request: PageRequest): PageResponse {
  const main = messageMain('Not found', 'There is no such page, code or table.', {
    href: links.overview,
    text: 'Go to the start',
  })
  return html(
    request,
    { title: 'Not found', standing: { ...nowhere, hasOverview: false }, main, isLive: false },
    404,
  )
}

/** The rest of the worker continues, and so does this page once the ledger answers. */
function failurePage(request: PageRequest, error: unknown): PageResponse {
  const text =
    error instanceof ConnectorError
      ? `${error.code}: ${error.message}`
      : `${String(error)}. This is a bug in qrsync or one of its dependencies; the log of the worker shows more.`
  const [, name] = request.path.split('/')
  const connector = request.connectors.find((each) => each.connector === name)
  const main = messageMain('This page cannot be shown now', text, { href: request.path, text: 'Try again' })
  const standing = connector === undefined ? nowhere : standingOf(request, connector, 'scans', null)
  return html(request, { title: 'Not available', standing, main, isLive: true }, 503)
}
