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

/** Where the control routes are. */
export interface ControlAccess {
  /** Of the reference API, without a slash at the end. */
  url: string
  token: string
}

export function controlOf(at: ControlAccess): ReferenceControl {
  return {
    setPlan: async (plan) => {
      await callControl(at, 'POST', '/plan', { plan })
    },
    spendCalls: async (count) => {
      await callControl(at, 'POST', '/calls', { count })
    },
    createQrCode: async (code) => {
      const response = await callControl(at, 'POST', '/qr-codes', code)
      return ((await response.json()) as { id: string }).id
    },
    renameQrCode: async (id, name) => {
      await callControl(at, 'PATCH', `/qr-codes/${id}`, { name })
    },
  }
}

/** Fails with what the server says where it refuses. */
export async function callControl(
  { url, token }: ControlAccess,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  const response = await fetch(`${url}/_reference${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return response
}
