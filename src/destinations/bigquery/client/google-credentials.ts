import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { GoogleAuth, JWT, PassThroughClient, type AuthClient } from 'google-auth-library'
import { z } from 'zod'
import { ConnectorError } from '../../../model/connector-error.ts'
import type { BigQuerySettings } from '../settings.ts'

const scopes = ['https://www.googleapis.com/auth/bigquery']

const serviceAccountKey = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
})

/**
 * Opens the credentials that sign our calls: none if the address is not encrypted, otherwise a service
 * account's key or application default credentials.
 *
 * @throws ConnectorError DESTINATION_FORBIDDEN, which quotes nothing from what was read
 * @see https://cloud.google.com/docs/authentication/application-default-credentials
 */
export function openCredentials(
  destination: string,
  endpoint: string,
  { project, key_file: keyFile }: Pick<BigQuerySettings, 'project' | 'key_file'>,
): Promise<AuthClient> {
  // Without this client, Google's library would search for its metadata server, for 15 seconds.
  if (endpoint.startsWith('http:')) return Promise.resolve(new PassThroughClient())
  return keyFile === undefined ? openDefault(destination, project) : openKey(destination, keyFile)
}

async function openDefault(destination: string, project: string): Promise<AuthClient> {
  try {
    // Without the project, workload identity would ask Cloud Resource Manager for it, which least privilege forbids.
    return await new GoogleAuth({ scopes, projectId: project }).getClient()
  } catch {
    throw forbidden(
      destination,
      "no usable Google credentials were found.\nSet key_file to a service account's key, " +
        'or run `gcloud auth application-default login`.',
    )
  }
}

async function openKey(destination: string, keyFile: string): Promise<AuthClient> {
  let text: string
  try {
    text = await readFile(keyFile, 'utf8')
  } catch {
    throw forbidden(destination, `the key file ${keyFile} cannot be read.\nCreate it, or use another file.`)
  }
  try {
    const { client_email, private_key } = serviceAccountKey.parse(JSON.parse(text))
    createPrivateKey(private_key)
    return new JWT({ email: client_email, key: private_key, scopes })
  } catch {
    throw forbidden(
      destination,
      `${keyFile} is not a service account key.\nCreate a new one in Google Cloud's console, as JSON.`,
    )
  }
}

function forbidden(destination: string, text: string): ConnectorError {
  return new ConnectorError('DESTINATION_FORBIDDEN', `Destination ${destination}: ${text}`, {
    retry: 'backoff',
  })
}
