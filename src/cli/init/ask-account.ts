import { ConnectorError } from '../../model/connector-error.ts'
import { checkAccount, mistakeInKey } from './check-account.ts'
import { askSecret, askYesNo, Cancelled, tell, whileSpinning } from './prompts.ts'

/**
 * Asks for a key until the API accepts one; tries that of the environment first.
 *
 * @throws Cancelled
 */
export async function askAccount(url: string, ofEnvironment: string | undefined): Promise<void> {
  let key = ofEnvironment
  if (key !== undefined) tell.info('Using QRCS_API_KEY from the environment.')
  for (;;) {
    key ??= await askSecret({
      message: 'The API key (from https://qrcodestack.com/qr-dashboard/integrations)',
      mistake: mistakeInKey,
    })
    const failure = await failureOf(url, key)
    if (failure === null) return
    tell.error(failure)
    if (!(await askYesNo('Try again, with another key or the same?', true))) throw new Cancelled(failure)
    key = undefined
  }
}

async function failureOf(url: string, key: string): Promise<string | null> {
  const mistake = mistakeInKey(key)
  if (mistake !== undefined) return `QRCS_API_KEY is not ${mistake}`
  try {
    await whileSpinning(
      `Checking the key at ${url} (one call of this month)`,
      () => checkAccount(url, key),
      (account) => account,
    )
    return null
  } catch (error) {
    if (error instanceof ConnectorError) return `${error.code}: ${error.message}`
    throw error
  }
}
