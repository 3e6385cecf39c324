import { ConnectorError } from '../model/connector-error.ts'

/** Why a code is not erased everywhere: what is missing may come back with its rows. */
export function isAway(destination: string, what: string): ConnectorError {
  return new ConnectorError(
    'DESTINATION_UNAVAILABLE',
    `Destination ${destination}: ${what} is missing, so qrsync cannot look for the code there.\n` +
      'Put it back, if it was moved; a later delivery then erases the code.',
    { retry: 'backoff' },
  )
}

/**
 * Why a code is not erased everywhere: somebody has removed a column, and qrsync has added it again, empty. So any row without a code may
 * be one of the erased code.
 */
export function hasRowsWithoutCode(destination: string, column: string): ConnectorError {
  return new ConnectorError(
    'DESTINATION_UNAVAILABLE',
    `Destination ${destination}: rows have no ${column}, and may belong to the code.\n` +
      `Run "qrsync deliver -d ${destination} --resend", and then delete the rows in which it is still null; a later delivery erases the code.`,
    { retry: 'backoff' },
  )
}
