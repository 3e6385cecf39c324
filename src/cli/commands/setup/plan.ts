import { Option, type Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import type { Forecast, ForecastInput } from '../../../budget/forecast/forecast.ts'
import type { Config } from '../../../config/schema.ts'
import type { Console } from '../../views/console.ts'
import type { PlanReport } from '../../views/plan-report.ts'
import { printResult } from '../../print.ts'
import { NoAnswer } from '../../run-to-exit.ts'
import type { KnownAccount } from '../../with-account.ts'

export function addPlan(program: Command): void {
  addCommand(program, {
    name: 'plan',
    description:
      "forecast the next 30 days: where the calls will go, and how fresh each code's scans will be",
    example: 'qrsync plan --config qrsync.yaml --plan advanced',
  })
    .addOption(new Option('--plan <plan>', 'simulate this plan').choices(['pro', 'advanced']))
    .action(plan)
}

interface PlanOptions {
  config: string
  plan?: 'pro' | 'advanced'
  json: boolean
}

/** The longest time of a simulation; it leaves out what it has not reached by then. */
const simulationMs = 8_000
const upgradeSimulationMs = 4_000

/** Simulates the next 30 days with the planner. Makes calls only for an account that was never synced. */
async function plan(options: PlanOptions): Promise<void> {
  const { createConsole } = await import('../../views/console.ts')
  const { describePlan } = await import('../../views/plan-report.ts')
  const { mustBeSynced, withAccount } = await import('../../with-account.ts')
  const screen = await createConsole()
  await lookIfUnknown(options.config, screen).finally(screen.stop)
  await withAccount(options.config, async (account) => {
    mustBeSynced(account)
    const report = await reportOf(account, options.plan ?? null, screen).finally(screen.stop)
    printResult(report, { json: options.json, inWords: describePlan })
  })
}

/** A forecast may be wanted before the first start: what it needs is then fetched, once. Only that needs the key. */
async function lookIfUnknown(path: string, screen: Console): Promise<void> {
  const { loadConfig } = await import('../../../config/load-config.ts')
  const config = loadConfig(path, process.env, { mayLackSecrets: true })
  if (await isKnown(config)) return
  await lookFirst(loadConfig(path, process.env), screen)
}

async function isKnown({ connector, ledger: { location } }: Config): Promise<boolean> {
  const { findConnector } = await import('../../../ledger/connector/find-connector.ts')
  const { openLedgerToLook } = await import('../../../ledger/base/open-ledger.ts')
  const ledger = await openLedgerToLook(location)
  try {
    const state = await findConnector(ledger, connector)
    return typeof state?.connected_at_ms === 'number'
  } finally {
    await ledger.destroy()
  }
}

async function lookFirst(config: Config, screen: Console): Promise<void> {
  const { openLedger } = await import('../../../ledger/base/open-ledger.ts')
  const { time } = await import('../../views/format.ts')
  const ledger = await openLedger(config.ledger.location)
  try {
    screen.status(`The ledger has no codes of ${config.connector} yet: reading its list of codes`)
    // Only this case needs the worker's modules, which take a second to load.
    const { firstLook } = await import('../../../worker/first-look.ts')
    const { calls, wait } = await firstLook(config, ledger)
    if (wait !== null) {
      throw new NoAnswer(
        `qrsync cannot make a call before ${time(wait.untilMs)} (${wait.reason}): run the command again then.`,
      )
    }
    screen.line(
      `The ledger had no codes of ${config.connector}: reading its list took ${calls} calls. The list is kept.`,
    )
  } finally {
    await ledger.destroy()
  }
}

async function reportOf(
  { config, ledger, state }: KnownAccount,
  asked: 'pro' | 'advanced' | null,
  screen: Console,
): Promise<PlanReport> {
  const { forecastDays } = await import('../../../budget/forecast/forecast.ts')
  const { periodOf, planLimits } = await import('../../../budget/windows.ts')
  const { readForecastInput } = await import('../../../insight/forecast/read-forecast-input.ts')
  const { keepForecast, readForecast } = await import('../../../ledger/connector/forecasts.ts')
  const { compareWithMonth } = await import('../../../insight/forecast/compare-with-month.ts')
  const { matchedSettingsOf } = await import('../../../config/settings/code-settings.ts')
  const { connector } = state
  const nowMs = Date.now()
  const settings = {
    settingsOf: matchedSettingsOf(config.codes),
    hasAnalytics: config.analytics,
    share: config.budget.share,
  }
  const input = await readForecastInput(ledger, state, settings, nowMs)
  const limitOf = (plan: string) => planLimits[plan]?.perMonth ?? state.calls_per_month
  const simulate = async (plan: string, callsPerMonth: number, withinMs: number) =>
    simulateOnScreen(screen, plan, { ...input, callsPerMonth }, withinMs)

  const plan = asked ?? state.plan ?? 'unknown'
  const made = await simulate(plan, asked === null ? state.calls_per_month : limitOf(asked), simulationMs)
  const isOwn = asked === null
  const upgrade =
    isOwn && plan === 'pro' ? await simulate('advanced', limitOf('advanced'), upgradeSimulationMs) : null

  const month = periodOf(nowMs, state.month_resets_at_ms)
  const kept = isOwn ? await readForecast(ledger, connector, month.key) : null
  if (isOwn && kept === null) {
    await keepForecast(ledger, connector, month.key, { madeAtMs: nowMs, forecast: made })
  }
  return {
    connector,
    plan,
    from: new Date(nowMs).toISOString(),
    forecast: made,
    advanced: upgrade,
    notes: await notesOf(config, made.scans / forecastDays),
    this_month: kept && (await compareWithMonth(ledger, state, month, kept, nowMs)),
  }
}

/** Returns what each destination's vendor says about this many scans. */
async function notesOf({ destinations }: Config, scansPerDay: number): Promise<PlanReport['notes']> {
  const { vendorOf } = await import('../../../destinations/vendors.ts')
  return Object.entries(destinations).flatMap(([destination, settings]) => {
    const notes = vendorOf(settings).notes?.(settings, { scansPerDay }) ?? []
    return notes.map(({ text, figures }) => ({ destination, text, ...figures }))
  })
}

async function simulateOnScreen(
  screen: Console,
  plan: string,
  input: Omit<ForecastInput, 'random' | 'isOver'>,
  withinMs: number,
): Promise<Forecast> {
  const { forecast, forecastDays } = await import('../../../budget/forecast/forecast.ts')
  screen.status(`Simulating ${forecastDays} days on ${plan}`)
  // The simulation would otherwise block the drawing of the line.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const endsAtMs = performance.now() + withinMs
  return forecast({ ...input, random: Math.random, isOver: () => performance.now() >= endsAtMs })
}
