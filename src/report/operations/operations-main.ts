import { callsSection } from '../calls-section.ts'
import { completenessSection } from '../completeness-section.ts'
import { keyFigures } from '../key-figures.ts'
import { lagsSection } from '../lags-section.ts'
import { markup, type Markup } from '../markup.ts'
import type { OperationsData } from './operations-data.ts'
import { rejectsSection } from '../rejects-section.ts'
import { attentionSection } from './attention-section.ts'
import { destinationStates } from './destination-states.ts'
import { nowSection } from './now-section.ts'
import { runsSection } from './runs-section.ts'
import { setAsideSection } from './set-aside-section.ts'

/** Returns the tab for operators. @param isServed with actions and links, which a file does not have */
export function operationsMain(data: OperationsData, isServed: boolean): Markup {
  const { report, runs } = data
  const nowMs = Date.parse(data.made_at)
  return markup`
${attentionSection(data, nowMs)}
${nowSection(data, nowMs, isServed)}
${keyFigures(report)}
${destinationStates(data, nowMs, isServed)}
${callsSection(report.calls, nowMs)}
${runs === null ? null : runsSection(runs, nowMs)}
${rejectsSection(report.rejects)}
${setAsideSection(data.set_aside)}
${lagsSection(report.lags)}
${completenessSection(report.completeness, nowMs)}`
}
