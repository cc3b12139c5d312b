// Numbers: how they are typed, shown, and remembered on this computer.

const KEY = 'simulator.phones';
const MOST = 6;

/** A number as people type it, in E.164; nothing when it cannot be one. `like` lends its country to a leading 0. */
export function parse(typed, like = '+44') {
  let number = typed.trim().replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (/^0\d+$/.test(number) && like.startsWith('+44')) number = `+44${number.slice(1)}`;
  if (/^[1-9]\d+$/.test(number)) number = `+${number}`;
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

/** A number as people read it. */
export function show(number) {
  const british = /^\+44(\d{4})(\d{6})$/.exec(number);
  if (british) return `+44 ${british[1]} ${british[2]}`;
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  if (american) return `+1 ${american[1]} ${american[2]} ${american[3]}`;
  return number;
}

/** The phones used here lately, the latest first. */
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
    // A browser that keeps nothing only forgets the list.
  }
}

/** A number that nobody has, from the range that Ofcom keeps for drama. */
export function another(used) {
  const start = Math.floor(Math.random() * 900) + 100;
  for (let step = 0; step < 900; step += 1) {
    const number = `+447700900${100 + ((start - 100 + step) % 900)}`;
    if (!used.includes(number)) return number;
  }
  return '+447700900100';
}
