import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Vitest begins with the longest file of each project, one project after the other. Here the longest of all come first,
 * so that no long one is left alone at the end, and files that wait run beside files that compute.
 */
export default class LongestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { cache, config } = this.ctx
    const known = files.map((file) => {
      const key = `${file.project.name}:${relative(config.root, file.moduleId)}`
      return {
        file,
        lastMs: cache.getFileTestResults(key)?.duration ?? Infinity,
        bytes: cache.getFileStats(key)?.size ?? 0,
      }
    })
    known.sort((a, b) => (a.lastMs === b.lastMs ? b.bytes - a.bytes : b.lastMs - a.lastMs))
    return Promise.resolve(known.map(({ file }) => file))
  }
}
