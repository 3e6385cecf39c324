import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Projects whose files take longest, and wait most, come first: short files fill the gaps at the end. */
const slowestFirst = ['e2e', 'simulation', 'contract', 'ledger', 'unit']

/**
 * One project after the other, because a worker runs the next file only if that is of the same project:
 * otherwise it ends, and the next one loads the code again. In a project, the file that took longest comes first, so
 * that no long one runs alone at the end; without times of an earlier run, as in a clean checkout, the largest.
 */
export default class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { cache, config } = this.ctx
    const known = files.map((file) => {
      const key = `${file.project.name}:${relative(config.root, file.moduleId)}`
      return {
        file,
        rank: slowestFirst.indexOf(file.project.name),
        lastMs: cache.getFileTestResults(key)?.duration ?? Infinity,
        bytes: cache.getFileStats(key)?.size ?? 0,
      }
    })
    known.sort((a, b) => {
      if (a.rank !== b.rank) return a.rank - b.rank
      return a.lastMs === b.lastMs ? b.bytes - a.bytes : b.lastMs - a.lastMs
    })
    return Promise.resolve(known.map(({ file }) => file))
  }
}
