"""Side profiles of cars from a few measures."""

from __future__ import annotations

from typing import Final

from city.vehicles.shapes import CarShape, Loft, Points

BROW_M: Final = 0.55


def three_box(
    *,
    size: tuple[float, float, float],
    wheelbase: float,
    overhang: float,
    glass: tuple[float, float, float, float],
    deck: float,
    bonnet: float,
    nose: float,
    belt: tuple[float, float],
    wheel_radius: float = 0.32,
    doors: int = 4,
    design: int,
) -> CarShape:
    """Return a car with a separate boot.

    Args:
        size: Length, width, height.
        wheelbase: Between the axles.
        overhang: Behind the rear axle.
        glass: x of the rear window's lower and upper edge, the windscreen's upper and lower edge.
        deck: Height of the boot lid.
        bonnet: Height of the bonnet at the windscreen.
        nose: Height of the bonnet's front edge.
        belt: Height of the belt line at the rear and at the front end.
        wheel_radius: Of the tyre.
        doors: On both flanks together.
        design: Seeds what the maker chose.
    """
    length, width, height = size
    rear = ((0.0, 0.52 * height), (0.04, deck * 0.88), (0.14, deck), (glass[0], deck + 0.03))
    top = (*rear, *_roof(glass, height), *_bonnet(length, glass[3], bonnet, nose))
    body = Loft(length=length, width=width, sill=0.20, top=top, belt=belt, rear_slope=1.2)
    return CarShape(
        body=body,
        glass=glass,
        axles=(overhang, overhang + wheelbase),
        wheel_radius=wheel_radius,
        doors=doors,
        design=design,
        boot=True,
    )


def two_box(
    *,
    size: tuple[float, float, float],
    wheelbase: float,
    overhang: float,
    glass: tuple[float, float, float, float],
    bonnet: float,
    nose: float,
    belt: tuple[float, float],
    wheel_radius: float = 0.31,
    sill: float = 0.20,
    tumblehome: float = 0.19,
    doors: int = 4,
    panel_from: float = 0.0,
    clad: bool = False,
    spare: bool = False,
    brow: float = 0.0,
    design: int,
) -> CarShape:
    """Return a car, off-roader or van whose roof ends in a tailgate; arguments as `three_box`."""
    length, width, height = size
    hatch = belt[0] + 0.04
    rear = ((0.0, 0.45 * height), (0.03, min(0.62 * height, hatch - 0.02)), (glass[0], hatch))
    top = (*rear, *_roof(glass, height, brow=brow), *_bonnet(length, glass[3], bonnet, nose))
    body = Loft(length=length, width=width, sill=sill, top=top, belt=belt, tumblehome=tumblehome)
    return CarShape(
        body=body,
        glass=glass,
        axles=(overhang, overhang + wheelbase),
        wheel_radius=wheel_radius,
        doors=doors,
        design=design,
        panel_from=panel_from,
        clad=clad,
        spare=spare,
        brow=brow,
    )


def pickup(
    *,
    size: tuple[float, float, float],
    wheelbase: float,
    overhang: float,
    glass: tuple[float, float, float, float],
    rail: float,
    bonnet: float,
    nose: float,
    wheel_radius: float,
    sill: float,
    doors: int = 4,
    design: int,
) -> CarShape:
    """Return a pickup whose bed's rails are `rail` high; other arguments as `three_box`."""
    length, width, height = size
    bed = glass[0] - 0.06
    rear = ((0.0, rail - 0.26), (0.03, rail), (bed, rail), (glass[0], rail + 0.04))
    top = (*rear, *_roof(glass, height), *_bonnet(length, glass[3], bonnet, nose))
    body = Loft(
        length=length,
        width=width,
        sill=sill,
        top=top,
        belt=(rail + 0.02, rail - 0.03),
        tumblehome=0.15,
        corners=(0.08, 0.38),
    )
    return CarShape(
        body=body,
        glass=glass,
        axles=(overhang, overhang + wheelbase),
        wheel_radius=wheel_radius,
        doors=doors,
        design=design,
        bed=bed,
        clad=True,
    )


def _roof(glass: tuple[float, float, float, float], height: float, *, brow: float = 0.0) -> Points:
    """Return the roof's points; with a brow it falls to the windscreen over `BROW_M`."""
    _, rear, front, _ = glass
    crown = ((rear, 0.972 * height), ((rear + front) / 2, height))
    if brow:
        return (*crown, (front - BROW_M, 0.985 * height), (front, brow))
    return (*crown, (front, 0.975 * height))


def _bonnet(length: float, cowl: float, height: float, nose: float) -> Points:
    room = length - 0.42 - cowl
    return (
        (cowl, height + 0.05),
        (cowl + min(0.35, 0.4 * room), height + 0.02),
        (length - 0.42, height - 0.08),
        (length - 0.13, nose),
        (length - 0.03, nose - 0.17),
        (length, nose - 0.30),
    )
