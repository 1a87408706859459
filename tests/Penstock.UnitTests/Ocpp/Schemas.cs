namespace Penstock.UnitTests.Ocpp;

/// <summary>The official schemas beside the checkout; tests that need them skip where they are missing.</summary>
internal static class Schemas
{
    internal static string Root()
    {
        var checkout = Checkout();
        var schemas = Path.Combine(checkout, "..", "shared", "ocpp");
        Assert.SkipUnless(Directory.Exists(schemas), "The official OCPP schemas (../shared/ocpp) are not here.");
        return schemas;
    }

    internal static string Checkout()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Penstock.slnx"))) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside a checkout.");
    }
}
