import type { Plan } from '../../../reference-api/plans.ts'

/** What a test does to a reference API through its control routes, wherever that runs. */
export interface ReferenceControl {
  /** Changes the plan, and with it the limits: those that were set before are gone. */
  setPlan(plan: Plan): Promise<void>
  /** Counts calls against the month, and no minute, as if another client had made them before. */
  spendCalls(count: number): Promise<void>
  /** Creates a code, as its owner would, and returns its id. */
  createQrCode(code: { name: string; destination_url?: string }): Promise<string>
  renameQrCode(id: string, name: string): Promise<void>
}

/** @param url of the reference API, without a slash at the end. */
export function controlOf(url: string): ReferenceControl {
  return {
    setPlan: async (plan) => {
      await callControl(url, 'POST', '/plan', { plan })
    },
    spendCalls: async (count) => {
      await callControl(url, 'POST', '/calls', { count })
    },
    createQrCode: async (code) => {
      const response = await callControl(url, 'POST', '/qr-codes', code)
      return ((await response.json()) as { id: string }).id
    },
    renameQrCode: async (id, name) => {
      await callControl(url, 'PATCH', `/qr-codes/${id}`, { name })
    },
  }
}

/** Fails with what the server says where it refuses. */
export async function callControl(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const response = await fetch(`${url}/_reference${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}
