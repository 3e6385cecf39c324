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
