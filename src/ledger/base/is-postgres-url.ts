/** Whether a ledger's location is a PostgreSQL database, and not a file. Apart from the dialect, which loads the driver. */
export const isPostgresUrl = (location: string) => /^postgres(ql)?:\/\//i.test(location)
