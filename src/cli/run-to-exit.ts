import { ConnectorError } from '../model/connector-error.ts'

/** Runs a command to its end. A failure makes the process exit with 1. */
export async function runToExit(command: () => Promise<unknown>): Promise<void> {
  try {
    await command()
  } catch (error) {
    // An error of ours says all that its reader needs; any other is a defect, and its stack is wanted.
    console.error(error instanceof ConnectorError ? `${error.code}: ${error.message}` : error)
    process.exitCode = 1
  }
}
