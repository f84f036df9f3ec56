/** Words that common passwords are made of: of English, Hindi and other languages, names, animals, sports and teams,
 *  what people love and what they sign in to. The list is our own. */
const WORDS = new Set(
  `aarav abc abcd abracadabra abrakadabra access account adidas aditya admin administrator adventure airborne
  airplane airtel aleksandra alessandro alex alexander alexis alice aliens amanda american amit amor amore
  ananya anastasia andrea andrew angel angela angels anil anita ankit anthony apollo apple april arjun
  armageddon arsenal asdf asha ashley astalavista august austin awesome baba babe baby babygirl bailey
  bajrangbali ball balls banana bandit bangalore barbie baseball basketball batman beach bear beautiful beauty
  beer believe benjamin best bhagwan bharat bhopal big bigboy birthday bitch biteme black blackberry blahblah
  blessed blessing blink blue bollywood bond boss boston boy brandon braveheart brazil brooklyn brother bubble
  bubbles buddy bull bunny business buster butter butterfly butthead callofduty cameron canada candy captain
  casablanca cat catch celtic champion change changeme charlie charlotte chat cheer cheese chelsea chennai
  cherry chester chevrolet chicago chicken child chocolate chris christian christina christmas christopher
  cinderella city clarence class club cocacola cock coco code coffee college color come comeon computer concrete
  connect construction contrasena cookie cool corvette country cowboy cowboys crazy cricket crossfire crystal
  cute daddy dallas dance daniel danielle darkness darling darth data daughter dave david december deepak
  default delhi demo dennis destiny deutschland devil dhoni diablo diamond dil dinesh discovery diva doctor dog
  dolphin dolphins donald dost dragon dragonball dragons dream drummer eagle eagles earth education eight
  einstein elephant elizabeth eminem emma enter enterprise entertainment eric ever evolution explorer family
  fantasy fashion father favorite february fender ferrari final fire fireman first fish five florida flower
  flowers flying football for forever four france francis frank freedom friday friend friends fuck fucker
  fuckers galaxy game gamer games ganesh ganesha gateway geeta gemini genius george gfhjkm ghbdtn ghost ginger
  girl girls give gladiator god golden golf good goodluck google gorgeous government grandma great greatest
  green guest guitar gujarat halloween hammer hanuman happiness happy hard hardcore harley harry harrypotter
  haslo heart heaven hello here hero highlander hockey hollywood home homer homework honda honey horse house hum
  hunter hunters hunting hyderabad i immortal india indian infinity inside international internet iron jack
  jackie jackson jai jaihind jaimatadi jaishreeram jaishriram james january jasmine jason jasper jennifer
  jessica jesus jio jordan joseph joshua july jump june junior just justin justinbieber karthik kavita kerala
  kevin key keyboard killer king kingdom kings kiss kitten kitty knight kohli kolkata krishna kumar lakers
  lakshmi lalita lamborghini laptop lauren leave legend legolas letme letmein liberty life light linkedin lion
  lionking little live liverpool lol london long longhorn looking lord losangeles lotus love lovely loveme lover
  loves loveu loveyou lucknow lucky luis ma maa machine madagascar madagaskar maddie madison maggie magic
  mahadev mahesh make mama man manager manchester manish manoj marathi march maria marina marine mario marlboro
  marley martin mary master masterbate masterbating masturbate matrix matthew maverick me mean mera mercedes
  mercury mere meri metal metallica mexico michael michaela michelle michigan mickey microphone microsoft
  midnight miller mine mississippi mobile modi mohit mom money monica monkey monster montecarlo moon morgan
  morning motdepasse mother motorcycle motorola mountain mouse movie muffin mukesh mumbai mummy music mustang my
  mylove mypass myself nagpur namah namaste name naruto natalie natasha nathan needforspeed neha nelson network
  never new newyork nicholas nicole night nightmare nike nine ninja nirvana nissan nokia none nothing
  november number october office om omnamahshivaya one oneai only open orange original orlando pakistan panda
  pankaj panther papa papaji paradise parola pass passer passion passkey passw passwd password password1
  passwords passwort pathfinder patrick peace peaches peanut people pepper perfect peter philadelphia phoenix
  phone photo picture pikachu pineapple pink pirate pita playboy player playstation please pokemon police pooja
  porsche potter power pratik pretty pride prince princess private priya programmer puja pumpkin pune punjab
  purple pussy pyar qaz qwer qwert qwerty qwertyuiop rabbit rachel radha rahul raiders rainbow raj raja rajesh
  ram ranger rangers raspberry ravi real realmadrid rebecca red redneck remember renegade reset richard rider
  right river roadrunner robert robot rock rocket rocky rohan rohit roman ronaldinho ronaldo root rose royal
  runescape runner ryan sachin sairam salamander salasana samantha samsung samuel sanjay santiago satan saturday
  savannah saviour scarlet school scoobydoo scooter scorpion scott secret security senha september server
  service seven sex sexy shadow shalom shannon sharma shevchenko shit shiva shivaya shopping shree shri shyam
  silver simple singh sister sita six skateboard skipper skywalker slayer smile smokey snickers snoopy snowball
  snowboard snowman soccer software some something son song sonia sonyericsson speed spider spiderman spongebob
  spring sri star stars starwars steelers stephanie steven stranger strawberry strong student stupid submarine
  success suck sucks suman summer sunday sunflower sunita sunny sunshine super superman supernova supersonic
  superstar support suresh survivor sweet sweetheart sweety sword system taylor teacher team telephone temp ten
  tennis terminator test tester testing texas thailand thank that the there thing think thomas three thunder
  thunderbird thursday tiger tigers time tinker tinkerbell today together tomorrow tottenham touch toyota
  translator travel truelove trust trustme trustno truth tum twitter two tyler u undertaker unicorn united
  universe user vacation vader valentine vampire vanessa vegeta veronica victor victoria vijay vikas viking
  virat virginia virus vishnu volkswagen volleyball wachtwoord wall warrior water watermelon webmaster wednesday
  welcome westside whatever when where white who wildcat will william willow windows windsurf wings winner
  winter wizard wolf woman wonder word work world wrestling xavier xbox yamaha yankee yankees yellow you your
  yourself youtube zeppelin zero zindagi zombie zxcv zxcvbnm`.split(/\s+/),
);
const LONGEST_WORD = 16;
const MAX_WORDS = 4;
/** Rows of keys, in the directions in which fingers run. */
const WALKS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop[]",
  "qwertzuiop",
  "azertyuiop",
  "asdfghjkl;'",
  "zxcvbnm,./",
  "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
  "1q2w3e4r5t6y7u8i9o0p",
  "q1w2e3r4t5y6u7i8o9p0",
  "!@#$%^&*()",
  "qazwsxedcrfvtgbyhnujmikolp",
  "147258369",
  "a1b2c3d4e5f6g7h8i9j0",
  "1a2b3c4d5e6f7g8h9i0j",
].flatMap((row) => [row, [...row].reverse().join("")]);
const SHORTEST_RUN = 3;
/** Letters that people replace by what looks like them. */
const LOOKALIKES: Record<string, string> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
};
/** Digits and signs that a word may have in addition. */
const MAX_ADDED = 6;
/** Numbers alone are common up to this length, because they are dates and telephone numbers. */
const LONGEST_NUMBER = 15;

/** Whether a password is one of the first that are guessed: common words and names with digits, rows of keys, repeated
 *  signs, numbers alone, or the user's own address.
 *
 *  @param email the user's address; empty if it is unknown
 */
export function isCommon(password: string, email: string): boolean {
  const text = password.normalize("NFKC").toLowerCase().trim();
  if (/^\d+$/.test(text) && text.length <= LONGEST_NUMBER) return true;
  return isRepeated(text) || isWalk(text) || isWords(text, ownWords(email));
}

/** A unit of at most five signs, again and again. */
function isRepeated(text: string): boolean {
  for (let length = 1; length <= Math.min(5, text.length / 2); length++)
    if (
      text ===
      text
        .slice(0, length)
        .repeat(Math.ceil(text.length / length))
        .slice(0, text.length)
    )
      return true;
  return false;
}

/** Runs along rows of keys, with at most two other signs. */
function isWalk(text: string): boolean {
  let [at, others] = [0, 0];
  while (at < text.length && others <= 2) {
    const run = longestRun(text.slice(at));
    if (run < SHORTEST_RUN) others++;
    at += run < SHORTEST_RUN ? 1 : run;
  }
  return others <= 2;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const walk of WALKS) while (longest < text.length && walk.includes(text.slice(0, longest + 1))) longest++;
  return longest;
}

/** Common words in a row, also with digits and signs around and between them, or in place of letters. */
function isWords(text: string, own: ReadonlySet<string>): boolean {
  const replaced = [...text].map((sign) => LOOKALIKES[sign] ?? sign).join("");
  const inner = text.replace(/^[^\p{L}@$]+|[^\p{L}@$]+$/gu, "");
  const replacedInner = [...inner].map((sign) => LOOKALIKES[sign] ?? sign).join("");
  return [text, replaced, replacedInner].some((form) => {
    const letters = form.replace(/[^\p{L}]/gu, "");
    return letters !== "" && text.length - letters.length <= MAX_ADDED && isSplit(letters, own, MAX_WORDS);
  });
}

function isSplit(letters: string, own: ReadonlySet<string>, words: number): boolean {
  if (letters === "") return true;
  if (words === 0) return false;
  for (let length = Math.min(LONGEST_WORD, letters.length); length > 0; length--) {
    const word = letters.slice(0, length);
    const known = WORDS.has(word) || own.has(word) || (length > 3 && longestRun(word) === length);
    if (known && isSplit(letters.slice(length), own, words - 1)) return true;
  }
  return letters.length === 1 && words < MAX_WORDS;
}

/** The parts of an e-mail address that are words. */
function ownWords(email: string): Set<string> {
  const parts = email.toLowerCase().split(/[^\p{L}]+/u);
  return new Set(parts.filter((part) => part.length > 2));
}
