#!/usr/bin/env node
import { processArguments } from "./environment.ts";
import { runClientCommand } from "./run.ts";

process.exitCode = await runClientCommand(processArguments());
