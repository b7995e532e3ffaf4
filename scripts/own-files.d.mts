export function listOwnFiles(): string[];
