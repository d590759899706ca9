#!/usr/bin/env node
// The command as npm links it: here before the first build.
import '../dist/cli/main.mjs';
