import type { Served } from '../config/load-configs.ts'
import { isPostgresUrl } from '../ledger/base/is-postgres-url.ts'
import { ClosingStack } from '../model/closing-stack.ts'
import { configuredTemporal } from '../temporal/connect.ts'
import { lockForUp, type UpLock } from '../temporal/server/up-lock.ts'

/**
 * One `up` for each connector and folder. Several on one PostgreSQL ledger and a configured server share nothing in the folder,
 * so they may be as many as there are hosts.
 *
 * @throws ConnectorError ALREADY_RUNNING, LEDGER_UNAVAILABLE
 */
export function lockFolders(configs: Served['configs']): UpLock {
  const startsServer = configuredTemporal(configs[0].temporal) === null
  const locks = new ClosingStack()
  try {
    const inFolder = Map.groupBy(
      configs.filter(({ ledger }) => startsServer || !isPostgresUrl(ledger.location)),
      ({ ledger }) => ledger.folder,
    )
    let serverLock: UpLock | null = null
    for (const [folder, its] of inFolder) {
      const isServers = startsServer && folder === configs[0].ledger.folder
      const connectors = its.map(({ connector }) => connector)
      const lock = locks.use(lockForUp({ folder, connectors, startsServer: isServers }))
      if (isServers) serverLock = lock
    }
    const all = locks.move()
    return {
      noteServer: (server) => serverLock?.noteServer(server),
      [Symbol.dispose]: () => {
        all[Symbol.dispose]()
      },
    }
  } catch (error) {
    locks[Symbol.dispose]()
    throw error
  }
}
