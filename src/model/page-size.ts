/** The most codes or scans that the API puts on a page: openapi.yaml, `per_page`. */
export const rowsPerPage = 100
