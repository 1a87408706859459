namespace Penstock.Server.Security;

internal static class SecurityEndpoints
{
    internal static void Map(IEndpointRouteBuilder api)
    {
    }
}
