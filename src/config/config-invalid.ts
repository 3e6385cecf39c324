import { ConnectorError } from '../model/connector-error.ts'

/** A key in the wrong setting is not shown either. */
export function configInvalid(message: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', message.replaceAll(/qrs_\w+/gi, 'qrs_…'), { retry: 'never' })
}
