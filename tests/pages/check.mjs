// SPDX-License-Identifier: Apache-2.0
// node check.mjs MODULES CHROMIUM [--shots FOLDER] PAGE...
// Opens each page in Chromium without network, on a phone and on a desk, light and dark and on paper, and fails if
// it needs anything else, says anything on the console, is wider than the screen, has a picture that cannot be
// drawn, or has a barrier that axe finds. MODULES is the folder that node_modules is in.
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, executablePath, ...rest] = process.argv.slice(2);
const require = createRequire(resolve(modules, 'package.json'));
const { chromium } = require('playwright-core');
const axe = require('axe-core').source;

const shots = rest[0] === '--shots' ? rest.splice(0, 2)[1] : null;
const phone = { width: 360, height: 740 };
const desk = { width: 1280, height: 900 };
const views = [
    { name: 'phone', size: phone, colorScheme: 'light' },
    { name: 'desk', size: desk, colorScheme: 'light' },
    { name: 'desk-dark', size: desk, colorScheme: 'dark' },
    { name: 'phone-dark', size: phone, colorScheme: 'dark' },
];

// What is wrong with the page as it is shown now. In the dark only colours are new.
async function barriers(page, view) {
    const rules = view.colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {};
    return page.evaluate(async (options) => {
        const wrong = [];
        const root = document.documentElement;
        if (root.scrollWidth > root.clientWidth)
            wrong.push(`${root.scrollWidth} px wide on a screen of ${root.clientWidth}`);
        for (const image of document.images)
            if (!image.complete || !image.naturalWidth) wrong.push(`a picture cannot be drawn: ${image.alt}`);
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'], ...options });
        for (const violation of violations)
            for (const node of violation.nodes)
                wrong.push(`axe ${violation.id}: ${violation.help}: ${node.html.slice(0, 160)}`);
        return [...new Set(wrong)];
    }, rules);
}

async function fold(page, open) {
    await page.evaluate((is) => document.querySelectorAll('details').forEach((one) => (one.open = is)), open);
}

async function shoot(page, path, view) {
    const name = `${shots}/${basename(path, '.html')}`;
    await fold(page, false);
    await page.screenshot({ path: `${name}-${view.name}.png`, fullPage: true });
    if (view.name === 'desk') await page.pdf({ path: `${name}.pdf`, format: 'A4' });
}

async function check(context, path) {
    const page = await context.newPage();
    const url = pathToFileURL(resolve(path)).href;
    const wrong = [];
    page.on('console', (message) => wrong.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
    page.on('request', (request) => {
        if (request.url() !== url && !request.url().startsWith('data:')) wrong.push(`asks for ${request.url()}`);
    });
    await page.goto(url, { waitUntil: 'load' });
    await page.evaluate(axe);
    for (const view of views) {
        await page.setViewportSize(view.size);
        await page.emulateMedia({ colorScheme: view.colorScheme });
        await fold(page, true); // what is folded away must be without barriers too
        wrong.push(...(await barriers(page, view)).map((text) => `${view.name}: ${text}`));
        if (shots) await shoot(page, path, view);
    }
    await page.close();
    return wrong;
}

const browser = await chromium.launch({ executablePath });
const context = await browser.newContext({ offline: true });
let failures = 0;
for (const path of rest)
    for (const text of await check(context, path)) {
        console.log(`${basename(path)}: ${text}`);
        failures++;
    }
await browser.close();
console.log(`${rest.length} pages, ${views.length} views each, ${failures} failures`);
process.exit(failures || !rest.length ? 1 : 0);
