import { userInfo } from 'node:os'
import type { Actor } from '../ledger/connector/audit-tables.ts'

/** Returns the user of this process, for the audit trail: by name, or by number if it has no name. */
export function whoRunsThis(): Actor {
  return { via: 'command', user: nameOfUser() }
}

function nameOfUser(): string | null {
  try {
    return userInfo().username
  } catch {
    // Containers often run as a user that no file names.
    return process.getuid === undefined ? null : `uid ${process.getuid()}`
  }
}
