"""Facts about the 118 chemical elements."""

from collections.abc import Iterator

from recycling.tasks.record import Dropped, Fact

# Names with two spellings: the American one is used, the other accepted.
ELEMENTS = """H Hydrogen He Helium Li Lithium Be Beryllium B Boron C Carbon N Nitrogen O Oxygen
F Fluorine Ne Neon Na Sodium Mg Magnesium Al Aluminum/Aluminium Si Silicon P Phosphorus
S Sulfur/Sulphur Cl Chlorine Ar Argon K Potassium Ca Calcium Sc Scandium Ti Titanium V Vanadium
Cr Chromium Mn Manganese Fe Iron Co Cobalt Ni Nickel Cu Copper Zn Zinc Ga Gallium Ge Germanium
As Arsenic Se Selenium Br Bromine Kr Krypton Rb Rubidium Sr Strontium Y Yttrium Zr Zirconium
Nb Niobium Mo Molybdenum Tc Technetium Ru Ruthenium Rh Rhodium Pd Palladium Ag Silver Cd Cadmium
In Indium Sn Tin Sb Antimony Te Tellurium I Iodine Xe Xenon Cs Cesium/Caesium Ba Barium
La Lanthanum Ce Cerium Pr Praseodymium Nd Neodymium Pm Promethium Sm Samarium Eu Europium
Gd Gadolinium Tb Terbium Dy Dysprosium Ho Holmium Er Erbium Tm Thulium Yb Ytterbium Lu Lutetium
Hf Hafnium Ta Tantalum W Tungsten Re Rhenium Os Osmium Ir Iridium Pt Platinum Au Gold Hg Mercury
Tl Thallium Pb Lead Bi Bismuth Po Polonium At Astatine Rn Radon Fr Francium Ra Radium Ac Actinium
Th Thorium Pa Protactinium U Uranium Np Neptunium Pu Plutonium Am Americium Cm Curium Bk Berkelium
Cf Californium Es Einsteinium Fm Fermium Md Mendelevium No Nobelium Lr Lawrencium
Rf Rutherfordium Db Dubnium Sg Seaborgium Bh Bohrium Hs Hassium Mt Meitnerium Ds Darmstadtium
Rg Roentgenium Cn Copernicium Nh Nihonium Fl Flerovium Mc Moscovium Lv Livermorium Ts Tennessine
Og Oganesson"""


def _elements() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Symbol and names of each element, by atomic number."""
    words = iter(ELEMENTS.split())
    return ((symbol, tuple(names.split("/"))) for symbol, names in zip(words, words, strict=True))


def element_symbol() -> Iterator[Fact | Dropped]:
    """Element -> symbol."""
    for symbol, names in _elements():
        yield names[0], (symbol,)


def element_number() -> Iterator[Fact | Dropped]:
    """Element -> atomic number."""
    for number, (_, names) in enumerate(_elements(), 1):
        yield names[0], (str(number),)


def symbol_element() -> Iterator[Fact | Dropped]:
    """Symbol -> element."""
    return _elements()
