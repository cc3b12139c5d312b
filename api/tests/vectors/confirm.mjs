// Checks every case of signatures.json with Twilio's Node library, and records its version there. See make.py.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const twilio = require("twilio");
const [file] = process.argv.slice(2);
const vectors = JSON.parse(readFileSync(file, "utf8"));

const parameters = (form) => {
    const all = {};
    for (const [name, value] of form) {
        all[name] = name in all ? [all[name], value].flat() : value;
    }
    return all;
};

for (const { name, url, form, signature, valid } of vectors.cases) {
    const accepted = vectors.tokens.some((token) =>
        twilio.validateRequest(token, signature, url, parameters(form)));
    if (accepted !== valid) {
        throw new Error(`${name}: the libraries disagree; Node says ${accepted}`);
    }
}
const { url, body, signature } = vectors.json;
if (!twilio.validateRequestWithBody(vectors.tokens[0], signature, url, body)) {
    throw new Error("the libraries disagree about JSON");
}
vectors.confirmed_by = `twilio ${require("twilio/package.json").version} of npm`;
writeFileSync(file, `${JSON.stringify(vectors, null, 1)}\n`);
