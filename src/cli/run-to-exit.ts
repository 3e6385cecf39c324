import { ConnectorError } from '../model/connector-error.ts'

/** What a command cannot answer, in a line for its user: nothing has failed, and there is no code to look up. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
}

/** A command that was called in a way that it cannot be. */
export class WrongUse extends Error {
  override readonly name = 'WrongUse'
}

/** Runs a command to its end. A failure makes the process exit with 1, a wrong use with 2. */
export async function runToExit(command: () => Promise<unknown>): Promise<void> {
  try {
    await command()
  } catch (error) {
    console.error(describe(error))
    process.exitCode = error instanceof WrongUse ? 2 : 1
  }
}

/** An error of ours says all that its reader needs; any other is a defect, and its stack is wanted. */
function describe(error: unknown): unknown {
  if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
  return error instanceof NoAnswer || error instanceof WrongUse ? error.message : error
}
