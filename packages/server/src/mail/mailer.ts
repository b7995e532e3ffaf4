import type { Log } from "../telemetry/index.ts";

/** A message to one person. */
export interface Mail {
  to: string;
  subject: string;
  /** Plain text. */
  text: string;
}

/** How mail leaves the server. */
export interface MailSettings {
  /** `smtp://user:password@host:port`, or `smtps:` for TLS from the first byte. */
  url: string;
  /** Sender, as `Entrepot <npm@example.test>`. */
  from: string;
}

/** Sends mail. */
export interface Mailer {
  /**
   * Resolves with false when the message could not be handed over; why is in the log. Never throws.
   */
  send(mail: Mail): Promise<boolean>;
}

/** Longest that any step of a conversation with the SMTP server may take. */
const STEP_MS_MAX = 10_000;

/** Makes the mailer. Its library is loaded with the first message: most servers send none. */
export function createMailer({ url, from }: MailSettings, log: Pick<Log, "warn">): Mailer {
  return {
    async send({ to, subject, text }) {
      try {
        const { createTransport } = await import("nodemailer");
        const transport = createTransport(
          { url, connectionTimeout: STEP_MS_MAX, greetingTimeout: STEP_MS_MAX, socketTimeout: STEP_MS_MAX },
          { from, disableFileAccess: true, disableUrlAccess: true },
        );
        try {
          await transport.sendMail({ to: { name: "", address: to }, subject, text });
          return true;
        } finally {
          transport.close();
        }
      } catch (error) {
        log.warn("mail not sent", { error, host: new URL(url).host });
        return false;
      }
    },
  };
}
