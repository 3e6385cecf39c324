import { userInfo } from 'node:os'
import type { Actor } from '../ledger/connector/audit-tables.ts'

/** Whoever runs this command, for the audit trail: the name of the process's user, or its number where it has no name. */
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
