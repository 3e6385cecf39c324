/** A view of the list of workflows that an operator may save in the Temporal UI. */
export interface SavedView {
  name: string
  query: string
  /** The link that opens it; null if the address of the UI is unknown. */
  url: string | null
}

/**
 * The views of docs/operating.md, for one connector.
 *
 * @param uiUrl the address of the UI, such as `http://127.0.0.1:8233`
 */
export function savedViews(connector: string, namespace: string, uiUrl: string | null): SavedView[] {
  const own = `QrsyncConnector = "${connector}"`
  const isRunning = 'ExecutionStatus = "Running"'
  const queries = {
    all: own,
    overdue: `${own} AND QrsyncOutcome = "overdue" AND ${isRunning}`,
    waiting: `${own} AND QrsyncOutcome = "waiting" AND ${isRunning}`,
    deliveries: `${own} AND WorkflowType = "deliver" AND ${isRunning}`,
    'rows refused': `${own} AND QrsyncOutcome = "rejects"`,
    stale: `${own} AND QrsyncLagSeconds > 3600 AND ${isRunning}`,
    "a day's calls": `${own} AND WorkflowType = "sync" AND QrsyncCalls > 0`,
    failed: `${own} AND ExecutionStatus = "Failed"`,
  }
  return Object.entries(queries).map(([name, query]) => ({
    name,
    query,
    url:
      uiUrl === null
        ? null
        : `${namespaceUrl(uiUrl, namespace)}/workflows?query=${encodeURIComponent(query)}`,
  }))
}

/** Returns the address of a namespace in the UI, without a trailing slash. */
export function namespaceUrl(uiUrl: string, namespace: string): string {
  return `${uiUrl.replace(/\/+$/, '')}/namespaces/${encodeURIComponent(namespace)}`
}
