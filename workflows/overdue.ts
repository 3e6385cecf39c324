import { CancellationScope, patched, sleep } from '@temporalio/workflow'

const afterMs = 60_000

/**
 * Tells when an activity is not back after a minute, and when it then is. Slices take seconds: one that takes longer has most likely failed and
 * is tried again, of which the workflow itself hears nothing, and nobody who looks at the list of workflows would.
 */
export async function tellWhenOverdue<Result>(
  work: Promise<Result>,
  tell: (isOverdue: boolean) => void,
): Promise<Result> {
  if (!patched('tells-when-overdue')) return work
  const watch = new CancellationScope()
  const isOverdue = watch
    .run(() => sleep(afterMs, { summary: 'overdue if it takes more than a minute' }))
    .then(
      () => true,
      () => false,
    )
  const isBack = work.then(
    () => false,
    () => false,
  )
  if (await Promise.race([isBack, isOverdue])) {
    tell(true)
    await isBack
    tell(false)
  } else watch.cancel()
  return work
}
