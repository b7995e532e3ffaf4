import { EntrepotError } from "@entrepot/core";

/** Why data cannot be taken over, in words for the operator. */
export class ImportRefusal extends EntrepotError {
  constructor(message: string) {
    super("upstream-invalid", { message });
  }
}
