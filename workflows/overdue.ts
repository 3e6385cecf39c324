import { CancellationScope, patched, sleep } from '@temporalio/workflow'

const afterMs = 60_000

/**
 * Reports when an activity has not returned after a minute, and when it then returns. A slice takes seconds. An activity that takes
 * longer has probably failed and is being retried. The workflow does not see retries, and the list of workflows does not show
 * them.
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
