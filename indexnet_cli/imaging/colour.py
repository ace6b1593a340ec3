"""Embedded colour profiles, to sRGB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def foreign_profile(image: Image.Image) -> ImageCms.ImageCmsProfile | None:
    """Embedded profile of an opened picture, or None when it has none or is sRGB already.

    Raises ValueError when there is a profile that cannot be read.
    """
    data = image.info.get("icc_profile")
    if not data:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
        description = ImageCms.getProfileDescription(profile).lower()
    except _PROFILE_ERRORS as error:
        raise ValueError(str(error)) from error
    if "srgb" in description and "linear" not in description:
        return None
    return profile


def to_srgb(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    """Convert an L, LA, RGB, RGBA or CMYK picture to sRGB; transparency is carried over.

    Returns an RGB or RGBA picture. Raises ValueError when the profile does not fit the picture.
    """
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    colours = image.convert(image.mode[:-1]) if alpha is not None else image
    try:
        converted = ImageCms.profileToProfile(
            colours,
            profile,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except _PROFILE_ERRORS as error:
        raise ValueError(str(error)) from error
    assert converted is not None
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


def from_srgb(image: Image.Image, icc_profile: bytes) -> Image.Image:
    """Convert an RGB picture from sRGB to another profile, which may be sRGB's own.

    Raises ValueError when the profile cannot be read or does not describe RGB colours.
    """
    try:
        converted = ImageCms.profileToProfile(
            image,
            ImageCms.createProfile("sRGB"),
            ImageCms.ImageCmsProfile(io.BytesIO(icc_profile)),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except _PROFILE_ERRORS as error:
        raise ValueError(str(error)) from error
    assert converted is not None
    return converted


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture in CIE Lab to sRGB."""
    converted = ImageCms.profileToProfile(
        image, ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    assert converted is not None
    return converted
