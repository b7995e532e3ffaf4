/*
 * Mail to people: one way to send a plain text, by the SMTP server of the configuration. What is said, and to whom, the
 * caller decides; nothing is sent where none is configured.
 */
export { createMailer } from "./mailer.ts";
export type { Mail, Mailer, MailSettings } from "./mailer.ts";
