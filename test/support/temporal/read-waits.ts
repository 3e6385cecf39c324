import type { WorkflowHandle } from '@temporalio/client'
import { defaultPayloadConverter } from '@temporalio/common'
import { tsToMs } from '@temporalio/common/lib/time.js'

/** A timer of a workflow with its summary. */
export interface Wait {
  atMs: number
  forMs: number
  text: string
}

export async function readWaits(workflow: WorkflowHandle): Promise<Wait[]> {
  const { events } = await workflow.fetchHistory()
  return (events ?? []).flatMap(({ eventTime, userMetadata, timerStartedEventAttributes: timer }) => {
    const text = userMetadata?.summary
    return timer && text
      ? [
          {
            atMs: tsToMs(eventTime),
            forMs: tsToMs(timer.startToFireTimeout),
            text: defaultPayloadConverter.fromPayload<string>(text),
          },
        ]
      : []
  })
}
