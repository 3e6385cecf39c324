import { createTransport } from 'nodemailer'
import type { Severity } from '../../config/settings/alert-settings.ts'
import { isLoopback } from '../../config/values/web-url.ts'
import { certificateAdvice } from '../../model/certificate-advice.ts'
import { titleOf, WebhookFailure, wordsOf, type AlertChannel, type AlertEvent } from './channel.ts'

const timeoutMs = 10_000

/** Sends plain text by SMTP, with one connection per message, because there are few. */
export function emailChannel(
  settings: { smtp: string; sender: string; to: readonly string[]; at_least: Severity },
  name = 'email',
): AlertChannel {
  const transport = createTransport({
    url: settings.smtp,
    // A password is never sent in cleartext, unless the server is this machine.
    requireTLS: !isLoopback(new URL(settings.smtp).hostname),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // The text of a message must never make the mailer read files or addresses.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    name,
    atLeast: settings.at_least,
    keepsOpen: false,
    async send(event) {
      try {
        await transport.sendMail({
          from: settings.sender,
          to: [...settings.to],
          subject: subjectOf(event),
          text: `${wordsOf(event)}\n`,
          messageId: `<${event.id}@qrsync>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (error) {
        throw failureOf(error)
      } finally {
        transport.close()
      }
    },
  }
}

function subjectOf(event: AlertEvent): string {
  const title = titleOf(event).replaceAll(/\s+/g, ' ')
  return event.state === 'over' ? `[over] ${title}` : `[${event.severity}] ${title}`
}

/**
 * The server's words may contain the address, so only its code is reported. The password is never part of
 * either.
 */
function failureOf(error: unknown): WebhookFailure {
  const { code, responseCode } = error as { code?: string; responseCode?: number }
  const reason =
    responseCode === undefined
      ? (certificateAdvice(error) ?? code ?? 'it cannot be reached')
      : `it answered ${responseCode}`
  // 5xx for a message is final; for the login, the next message fails too.
  const isRefusal = responseCode !== undefined && responseCode >= 500 && code !== 'EAUTH'
  return new WebhookFailure(reason, null, isRefusal, 'the mail server')
}
