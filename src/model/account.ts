/** The account of a key, and how many calls it may make, from GET /me. */
export interface Account {
  account_id: string
  email: string | null
  plan: string
  usage: {
    dynamic_qr_count: number | null
    dynamic_qr_limit: number | null
    /** All keys of the account together, in the current UTC calendar month. */
    api_calls_this_month: number
    api_calls_monthly_limit: number
  }
}
