import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Without times of an earlier run, as in a clean checkout: the projects whose files take longest come first. */
const slowestFirst = ['e2e', 'simulation', 'contract', 'ledger', 'unit']

/**
 * Vitest starts with the longest file of each project, one project after the other. Here the longest files of
 * all projects come first, so that no long one runs alone at the end, and waiting files run next to computing
 * ones.
 */
export default class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { cache, config } = this.ctx
    const known = files.map((file) => {
      const key = `${file.project.name}:${relative(config.root, file.moduleId)}`
      return {
        file,
        lastMs: cache.getFileTestResults(key)?.duration ?? Infinity,
        rank: slowestFirst.indexOf(file.project.name),
        bytes: cache.getFileStats(key)?.size ?? 0,
      }
    })
    known.sort((a, b) => {
      if (a.lastMs !== b.lastMs) return b.lastMs - a.lastMs
      return a.rank === b.rank ? b.bytes - a.bytes : a.rank - b.rank
    })
    return Promise.resolve(known.map(({ file }) => file))
  }
}
