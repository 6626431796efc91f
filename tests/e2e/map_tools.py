"""What the tests of the map's tools share: opening the map over the town, and where a tool's words stand."""

from playwright.sync_api import Locator, Page, expect


def open_map(page: Page, town, *, zoom: int = 18, layers: str = "units") -> None:
    """The map over the town's first spot, without imagery."""
    lon, lat = town.spot()
    page.goto(f"/map/#{zoom}/{lat:.6f}/{lon:.6f}/-/{layers}")
    expect(page.locator("#map .leaflet-control-scale-line").first).to_be_visible()


def tool(page: Page, name: str) -> Locator:
    return page.get_by_role("toolbar", name="地图工具").get_by_role("button", name=name)


def tray(page: Page) -> Locator:
    return page.locator("#map-tray")
