import type { StreamName } from '../../../streams/streams.ts'
import { isAway } from '../../is-away.ts'
import { codeColumnOf } from '../../warehouse-columns.ts'
import { isNotFound } from '../client/bigquery-fault.ts'
import type { BigQueryPlace } from '../client/bigquery-place.ts'
import { runStatement } from '../client/run-job.ts'

/**
 * Deletes the rows of these codes from one table. The statement reads the column of the code, and bills at least 10 MB.
 *
 * @throws ConnectorError if the table is missing
 */
export async function eraseCodes(
  place: BigQueryPlace,
  stream: StreamName,
  codeIds: readonly string[],
): Promise<void> {
  try {
    await runStatement(place, {
      query: `DELETE FROM ${place.sqlName(stream)} WHERE ${codeColumnOf(stream)} IN UNNEST(@codes)`,
      useLegacySql: false,
      parameterMode: 'NAMED',
      queryParameters: [
        {
          name: 'codes',
          parameterType: { type: 'ARRAY', arrayType: { type: 'STRING' } },
          parameterValue: { arrayValues: codeIds.map((value) => ({ value })) },
        },
      ],
    })
  } catch (error) {
    throw isNotFound(error) ? isAway(place.name, `the table ${place.sqlName(stream)}`) : error
  }
}
