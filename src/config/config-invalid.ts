import { ConnectorError } from '../model/connector-error.ts'

/** A key that stands in the wrong place is not shown there either. */
export function configInvalid(message: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message.replaceAll(/qrs_\w+/gi, 'qrs_…'), { retry: 'never' })
}
