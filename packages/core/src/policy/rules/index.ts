import type { PolicyRule } from "../verdict.ts";
import { operatorAllowed, operatorRefused } from "./operator-status.ts";

/** The order in which rules are asked; the first that refuses decides. */
export const RULES: readonly PolicyRule[] = [operatorRefused, operatorAllowed];
