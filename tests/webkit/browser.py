"""A window of WebKitGTK that WebDriver steers.

The engine's own test browser keeps nothing between two starts, and has no file system (OPFS), when it is steered. This one keeps its
profile in the folder that is given, and switches on what Safari has of storage.
"""

import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gtk, WebKit2  # noqa: E402

FEATURES = {"AccessHandle", "FileSystem", "FileSystemWritableStream", "StorageAPI", "StorageAPIEstimate"}

profile, name = sys.argv[1:3]
manager = WebKit2.WebsiteDataManager(base_data_directory=f"{profile}/data", base_cache_directory=f"{profile}/cache")
context = WebKit2.WebContext(website_data_manager=manager)
context.set_automation_allowed(True)

settings = WebKit2.Settings()
known = WebKit2.Settings.get_all_features()
for index in range(known.get_length()):
    feature = known.get(index)
    if feature.get_identifier() in FEATURES:
        settings.set_feature_enabled(feature, True)


def create_view(_session):
    view = WebKit2.WebView(web_context=context, settings=settings, is_controlled_by_automation=True)
    window = Gtk.Window()
    window.set_default_size(1024, 768)
    window.add(view)
    window.show_all()
    view.connect("close", lambda _view: window.destroy())
    return view


def start(_context, session):
    info = WebKit2.ApplicationInfo()
    info.set_name(name)
    info.set_version(WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
    session.set_application_info(info)
    session.connect("create-web-view", create_view)


context.connect("automation-started", start)
Gtk.main()
