/**
 * The rules of Entrepot: names, versions, integrity, packuments, permissions, policy.
 * Pure: no I/O, no clock, no environment; time and randomness come in as arguments.
 */
export { ERROR_TABLE, EntrepotError, isEntrepotError, type ErrorCode, type ErrorOptions } from "./errors.ts";
