"""Addresses of map tiles, below /tiles/."""

from django.urls import path, register_converter

from geo.tiles import views


class ImageFormat:
    """The formats of raster tiles."""

    regex = "png|webp"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ImageFormat, "image_format")

urlpatterns = [
    path("v/<str:layer>/<int:z>/<int:x>/<int:y>.mvt", views.vector, name="vector-tile"),
    path("r/<int:snapshot_id>/<int:z>/<int:x>/<int:y>.<image_format:extension>", views.raster, name="raster-tile"),
]
