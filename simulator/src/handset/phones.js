// Phone numbers: parsing, formatting, and the list of recent ones in this browser.

const KEY = 'simulator.phones';
const MOST = 6;

/** Parses a typed number to E.164; null when it is not valid. A leading 0 stands for the country code of `like`. */
export function parse(typed, like = '+44') {
  let number = typed.trim().replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (/^0\d+$/.test(number) && like.startsWith('+44')) number = `+44${number.slice(1)}`;
  if (/^[1-9]\d+$/.test(number)) number = `+${number}`;
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

/** Formats a number for reading. */
export function show(number) {
  const british = /^\+44(\d{4})(\d{6})$/.exec(number);
  if (british) return `+44 ${british[1]} ${british[2]}`;
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  return number;
}

/** Recently used numbers, newest first. */
export function recent() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((number) => typeof number === 'string' && parse(number)) : [];
  } catch {
    return [];
  }
}

export function remember(number) {
  const phones = [number, ...recent().filter((other) => other !== number)].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(phones));
  } catch {
    // Without storage, the list of recent numbers is lost; nothing else depends on it.
  }
}

/** Returns an unused number from the range that Ofcom reserves for fiction. */
export function another(used) {
  const start = Math.floor(Math.random() * 900) + 100;
  for (let step = 0; step < 900; step += 1) {
    const number = `+447700900${100 + ((start - 100 + step) % 900)}`;
    if (!used.includes(number)) return number;
  }
  return '+447700900100';
}
