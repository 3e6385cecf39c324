import { analyticsDimensions } from '../model/analytics.ts'
import type { Analytics, SetAsideShare } from '../model/analytics.ts'
import type { Mask } from '../streams/mask.ts'
import type { Echo } from './echo.ts'
import { readRows } from './read-rows.ts'
import { seriesRow, shareRow } from './schemas.ts'
import type { AnalyticsData, SeriesRow } from './schemas.ts'
import { listOf } from './to-model.ts'

interface AnalyticsLists {
  series: SeriesRow[]
  breakdowns: Analytics['breakdowns']
  setAside: SetAsideShare[]
}

/** Reads the days and the shares of a response one by one. */
export function readAnalyticsLists(
  data: AnalyticsData,
  { body, echo, mask }: { body: string; echo: Echo; mask: Mask | undefined },
): AnalyticsLists {
  const days = readRows(seriesRow, { body, path: ['data', 'series'], parsed: data.series ?? [], echo })
  const lists: AnalyticsLists = { series: days.rows, breakdowns: [], setAside: [] }
  for (const day of days.setAside) lists.setAside.push({ ...day, stream: 'analytics_daily' })
  for (const dimension of analyticsDimensions) {
    const name = listOf[dimension]
    const isHidden = mask?.hidesDimension(dimension) ?? false
    const shares = readRows(shareRow, {
      body,
      path: ['data', name],
      parsed: data[name] ?? [],
      echo,
      hides: () => isHidden,
    })
    for (const row of shares.rows) lists.breakdowns.push({ dimension, name: row.name, scans: row.scans })
    for (const share of shares.setAside) {
      lists.setAside.push({
        ...share,
        json: isHidden ? null : share.json,
        reason: `${name}: ${share.reason}`,
        stream: 'analytics_breakdown',
      })
    }
  }
  return lists
}
